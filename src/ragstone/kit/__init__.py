"""The ground floor: identifiers, time, problems, pages, messages. It knows no word of retrieval."""
