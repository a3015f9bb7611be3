//! The standard library is embedded: a change in its folder is a change of the program.

fn main() {
    println!("cargo:rerun-if-changed=stdlib");
}
