// RuntimeAPITests
