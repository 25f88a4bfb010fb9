"""What a platform administrator does with the users of the installation."""
