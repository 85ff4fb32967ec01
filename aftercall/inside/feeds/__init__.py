"""What feeds say, from bytes to a notice; patient identifiers die here."""
