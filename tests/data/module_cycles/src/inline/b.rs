pub fn b() { super::a::inner::a() }
