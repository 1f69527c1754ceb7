mod standardise;
