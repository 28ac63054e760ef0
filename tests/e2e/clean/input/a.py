password = os.environ["PASSWORD"]
