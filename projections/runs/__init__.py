"""Many runs: what the read models below one folder say, run by run, and which keys tell the runs apart."""
