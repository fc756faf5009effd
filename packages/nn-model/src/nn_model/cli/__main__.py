"""`python -m nn_model.cli` is the command `nn`."""

from nn_model.cli import main

if __name__ == "__main__":
    main()
