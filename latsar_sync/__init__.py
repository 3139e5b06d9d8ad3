"""latsar-sync: promotes qualified Latsar CPNS participants from the MOOC into the in-class phase roster."""

__version__ = "0.2.0"
