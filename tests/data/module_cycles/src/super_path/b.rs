pub fn b(n: u32) { super::a::a(n) }
