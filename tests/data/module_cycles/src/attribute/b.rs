pub fn b() -> u32 { let _: Option<super::a::A> = None; 1 }
