"""What can be known of a network without running it. One file each, all exact integers."""
