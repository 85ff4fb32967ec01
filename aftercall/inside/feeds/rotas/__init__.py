"""Who works where and when, in whatever form the hospital has it."""
