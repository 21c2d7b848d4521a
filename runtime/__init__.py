"""What a process does with its memory; below everything else."""
