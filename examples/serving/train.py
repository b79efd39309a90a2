"""Trains the generated class on drawn images, and saves the files that serving needs.

``python train.py`` writes shapes.pt, labels.txt, and for each label an image not used in training.
"""

from pathlib import Path

import numpy as np
import torch
from drawing import LABELS, draw
from images import prepare
from shapes import Shapes, total_loss
from torch.utils.data import DataLoader, TensorDataset

TRAINED_ON = range(400)
"""The seeds of each shape's images."""
HELD_OUT = range(100_000, 100_100)
EPOCHS = 5
BATCH = 64


def examples(seeds: range) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images as the server prepares them, N x 3 x 32 x 32, and their class numbers."""
    drawn = [(draw(label, seed), k) for seed in seeds for k, label in enumerate(LABELS)]
    images = np.stack([prepare(image, 32, 32) for image, _ in drawn])
    return torch.from_numpy(images), torch.tensor([k for _, k in drawn])


def train(model: Shapes) -> None:
    """Train with Adam; the learning rate falls to zero along a cosine."""
    batches = DataLoader(TensorDataset(*examples(TRAINED_ON)), BATCH, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    model.train()
    for epoch in range(EPOCHS):
        losses = []
        for images, labels in batches:
            loss = total_loss(model(images), labels)  # main + 0.3 aux1
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            losses.append(loss.item())
        schedule.step()
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {np.mean(losses):.3f}", flush=True)


def accuracy(model: Shapes) -> float:
    """Return the accuracy on images not used in training."""
    images, labels = examples(HELD_OUT)
    model.eval()
    with torch.no_grad():
        return float((model(images).argmax(1) == labels).float().mean())


def main() -> None:
    """Train, and write the files."""
    torch.manual_seed(0)
    torch.set_num_threads(1)  # for so small a network, more threads would only wait
    model = Shapes()
    train(model)
    print(f"accuracy on images not used in training: {accuracy(model):.1%}")
    torch.save(model.state_dict(), "shapes.pt")
    Path("labels.txt").write_text("".join(f"{label}\n" for label in LABELS))
    for label in LABELS:
        draw(label, HELD_OUT.stop).save(f"{label}.png")
    print(f"wrote shapes.pt, labels.txt, {', '.join(f'{label}.png' for label in LABELS)}")


if __name__ == "__main__":
    main()
