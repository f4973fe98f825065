"""The Admin GraphQL endpoint for the operations Bokbro sends: parsed, costed, answered field by field."""
