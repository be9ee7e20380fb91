use crate::use_group::a::A;
pub struct B(pub Option<Box<A>>);
pub struct Other;
