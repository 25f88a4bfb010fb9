"""How users register, sign in, stay signed in, and look after their passwords and sessions."""
