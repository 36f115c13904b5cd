print("remnant")
