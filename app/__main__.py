"""`python -m app`: the page, in this folder. Where it is installed: `words-and-images-page`."""

from words_and_images_page.command_line import main

if __name__ == "__main__":
    main()
