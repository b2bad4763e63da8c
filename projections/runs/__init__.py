"""Many runs: what the read models below one folder say, run by run, and in which keys the runs differ."""
