pub fn a(n: u32) { if n > 0 { super::b::b(n - 1) } }
