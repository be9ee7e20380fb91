pub fn a(n: u32) { if n > 0 { crate::expression::b::b(n - 1) } }
