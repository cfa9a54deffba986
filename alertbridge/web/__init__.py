"""HTTP <-> values, nothing else."""
