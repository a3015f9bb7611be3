//! kmodel: a declarative cluster-config compiler.

<<<<<<< HEAD
pub mod check;
pub mod diag;
pub mod source;
pub mod stdlib;
=======
pub mod diag;
pub mod source;
>>>>>>> syntax
pub mod syntax;
pub mod world;
