"""How named people come in: passkeys, sessions that can be ended, and a chain of what they did. It knows neither half."""
