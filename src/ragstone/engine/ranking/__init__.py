"""From the hits of two legs to one order: functions over values."""
