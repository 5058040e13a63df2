"""`python -m words_and_images_page`: the page."""

from words_and_images_page.command_line import main

if __name__ == "__main__":
    main()
