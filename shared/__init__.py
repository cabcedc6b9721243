"""What every service uses and none owns."""
