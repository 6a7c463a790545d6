// Tests follow with the store.
