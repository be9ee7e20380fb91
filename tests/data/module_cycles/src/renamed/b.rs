use super::a as first;
pub struct B(pub Option<Box<first::A>>);
