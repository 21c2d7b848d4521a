"""The pages of the console: one module and one template each."""
