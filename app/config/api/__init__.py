"""What all of the JSON API shares: errors, pages, parsing and rendering, and how they show in the schema."""
