"""What a mail is and what it says: plain values, all of them from outside and none trusted."""
