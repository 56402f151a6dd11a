"""What cannot work is refused here, before the work: from what is quick to load to what is not."""
