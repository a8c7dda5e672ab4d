"""Long-running proofs: the real system under load and under kill -9 (`make soak`)."""
