pub fn b(n: u32) { crate::expression::a::a(n) }
