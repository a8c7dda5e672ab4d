"""System tests: what several rooms do together: the job, processes, the UI."""
