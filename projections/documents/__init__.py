"""Documents of State, Agent Profile and Activity Profile, at their latest version; inline."""
