"""What makes or checks the product and is no part of it: the package never imports from here."""
