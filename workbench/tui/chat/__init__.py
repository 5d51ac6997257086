"""Base and tuned model, asked the same thing."""
