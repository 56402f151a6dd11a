import os

from pipeline.reporting.screen import Screen


def test_a_run_outlives_the_reader_of_its_output() -> None:
    reader, writer = os.pipe()
    with open(writer, "w") as file:
        screen = Screen(file=file)
        screen.print("seen")
        assert os.read(reader, 100) == b"seen\n"
        os.close(reader)
        screen.print("unseen")
        file.write("by others")
        file.flush()
        screen.print("unseen too")
