"""How good is the judge? Many runs of planted bugs beside their sound twins, recorded, resumed, and put into tables."""
