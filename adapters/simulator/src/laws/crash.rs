//! The death of a process, between any two of its effects.

/// What decides when the process dies. A handler asks it between its durable effects.
#[derive(Debug)]
pub struct Crash {
    left: Option<u64>,
    dead: bool,
}

/// The process has died: whoever hears this returns at once and does nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the process died")]
pub struct Crashed;

impl Crash {
    /// A process that lives on.
    pub fn never() -> Self {
        Self { left: None, dead: false }
    }

    /// A process that dies at its n-th point; 1 is the next.
    pub fn at(point: u64) -> Self {
        Self { left: Some(point.max(1) - 1), dead: false }
    }

    /// A point between two durable effects: what was done before it stays done, what comes after it may never happen.
    ///
    /// # Errors
    /// [`Crashed`], if the process dies here, and at every point after its death.
    pub fn point(&mut self) -> Result<(), Crashed> {
        match &mut self.left {
            Some(0) => self.dead = true,
            Some(left) => *left -= 1,
            None => {}
        }
        if self.dead { Err(Crashed) } else { Ok(()) }
    }

    /// Whether it has died.
    pub fn is_dead(&self) -> bool {
        self.dead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_dies_at_its_point_and_stays_dead() {
        let mut crash = Crash::at(2);
        assert_eq!(crash.point(), Ok(()));
        assert_eq!(crash.point(), Err(Crashed));
        assert_eq!(crash.point(), Err(Crashed));
        assert!(crash.is_dead());
        assert!((0..9).all(|_| Crash::never().point().is_ok()));
    }
}
