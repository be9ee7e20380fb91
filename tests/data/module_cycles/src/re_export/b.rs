pub struct B;
pub fn b() { super::a::a(B) }
