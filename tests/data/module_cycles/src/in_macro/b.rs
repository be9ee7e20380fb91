pub fn b() -> u32 { println!("{}", [super::a::a()][0]); 1 }
