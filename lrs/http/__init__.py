"""What all resources share: bodies, parameters, answers, errors, the alternate request syntax, time limits."""
