//! What crosses files, through the public interface alone.

mod decode;
mod members;
mod recordings;
