"""The benchmark behind `feed bench`: Feed beside a loop in C and other servers, on one machine, in one run."""
