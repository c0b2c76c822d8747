"""What the page's timeline shows, aggregated to one value a second so that a page stays small."""
