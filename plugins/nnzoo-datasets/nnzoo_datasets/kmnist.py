"""Kuzushiji-MNIST."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nnzoo.api import DataCache, Dataset, DatasetLoader

from nnzoo_datasets.mnist_layout import MnistFiles, load_mnist_files, mnist_files


@dataclass(frozen=True)
class Kmnist(DatasetLoader):
    """KMNIST: 70,000 cursive Japanese characters in ten classes, 28×28 grey, 60,000 to train and 10,000 to test.

    The classes are the hiragana お き す つ な は ま や れ を, each written in many ways. The files have MNIST's names
    and sizes, and MNIST's networks fit; it is harder.

    "KMNIST Dataset" (created by CODH), adapted from "Kuzushiji Dataset" (created by NIJL and others),
    doi:10.20676/00000341, CC BY-SA 4.0.

    References
    ----------
    Clanuwat, Bober-Irizar, Kitamoto, Lamb, Yamamoto & Ha (2018), "Deep learning for classical Japanese literature",
    arXiv:1812.01718, https://github.com/rois-codh/kmnist.
    """

    name: ClassVar[str] = "kmnist"
    license: ClassVar[str] = "CC BY-SA 4.0"

    class_names: ClassVar[tuple[str, ...]] = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
    files: ClassVar[MnistFiles] = mnist_files(
        train_images="51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
        train_labels="e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
        test_images="edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
        test_labels="20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
        mirrors=(
            "https://codh.rois.ac.jp/kmnist/dataset/kmnist",
            "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/KMNIST",
        ),
    )

    def load(self, cache: DataCache) -> Dataset:
        return load_mnist_files(cache, self.name, self.files, self.class_names)
