"""The estimator: boosted trees on the features as they come, airlines and airports as ordinal codes."""

from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

CATEGORICAL = [0, 1, 2]  # carrier, origin, dest: columns come in the order of model.toml
NUMERIC = list(range(3, 14))


def build() -> Pipeline:
    """An unfitted pipeline from the 14 features to the probability of being late.

    No scaler: trees split by order, and a scaler before them makes ONNX round to the other side of a split.
    """
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = ColumnTransformer([("categories", encode, CATEGORICAL), ("numbers", "passthrough", NUMERIC)])
    trees = HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=100, max_leaf_nodes=15, min_samples_leaf=100, l2_regularization=1.0
    )
    return Pipeline([("columns", columns), ("trees", trees)])
