"""Commands made from the catalogue: `userbus user get 42`, `userbus role grant 5 --resource-ids 1,2`."""
