pub struct A;
pub fn a(_: super::B) {}
